"""Programs that the lessons build towards: the app for letters, and a training job for many processes."""
