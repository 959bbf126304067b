"""What was answered, kept on the disk by a thread of its own."""
