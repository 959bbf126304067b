"""What a product brought: baselines, outcomes and exposures in; its value measured, and on record."""
