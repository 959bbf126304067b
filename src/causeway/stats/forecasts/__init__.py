"""What a series of costs will be: points, intervals that kept their word before, peaks, sums that add up."""
