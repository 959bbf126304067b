"""What should not lie about: personal data and secrets."""
