"""The files of a folder: walked, decoded, unpacked, all within bounds."""
