"""What a check says, in every form."""
