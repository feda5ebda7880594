"""What the README claims about speed, measured side by side on the reader's own machine."""
