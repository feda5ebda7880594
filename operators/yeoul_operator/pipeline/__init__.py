"""StreamPipelines: what one becomes, how it fares, what is to be done next, and who does it."""
