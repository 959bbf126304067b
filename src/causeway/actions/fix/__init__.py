"""Mends what a tool can mend, as a diff that is shown first and can be taken back."""
