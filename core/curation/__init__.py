"""Keep the best N: choose, preview, apply, and take back."""
