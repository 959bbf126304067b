"""What arrives and leaves as bytes: sockets, certificates, HTTP and its limits; knows nothing of products."""
