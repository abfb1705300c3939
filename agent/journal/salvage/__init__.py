"""What can still be read of a damaged file, and how it comes into the new one."""
