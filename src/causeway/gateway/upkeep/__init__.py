"""What is done beside the answering: following the route file, saying how busy it is, telling what failed."""
