"""Settings, the site file and its checks."""
