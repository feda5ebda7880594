"""The page: a map of the vehicles, speed and volume over time, and the proof."""
