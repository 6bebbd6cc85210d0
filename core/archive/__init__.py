"""Archives too large for one machine: scored by a Dask cluster into Parquet files."""
