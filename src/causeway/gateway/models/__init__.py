"""What answers: bundles proven and loaded, models in this process, and those in one of their own."""
