"""The parts of the indexer: scanning, analyzing, saving, and telling where the work stands."""
