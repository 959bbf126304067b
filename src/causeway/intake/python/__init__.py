"""Python source as syntax trees, notebooks included."""
