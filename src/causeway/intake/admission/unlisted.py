"""What is raised where a saved model is refused."""


class Unlisted(ValueError):
    """The file holds something that is on no list, or does not hold together."""
