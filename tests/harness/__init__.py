"""What the stories are told with: the platform, its callers, its customers."""
