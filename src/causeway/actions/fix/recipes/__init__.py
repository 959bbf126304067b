"""One fix a file: from the folder as it is to the changes that mend one thing."""
