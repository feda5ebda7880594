"""What people do to a stream's past: replay dead letters, fill what was passed over, go back."""
