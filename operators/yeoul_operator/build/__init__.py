"""What an application becomes: driver pod, service, config maps; pure, and cannot fail."""
