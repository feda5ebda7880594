"""A stand-in for the vehicle position API: same path, same answers, and misbehaviour on request."""
