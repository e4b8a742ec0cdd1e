"""Requests and answers as values."""


class Message:
    """A request, read whole."""

    def __init__(self, method, path, query, headers, body):
        self.method, self.path, self.query, self.headers, self.body = method, path, query, headers, body

    def header(self, name):
        return self.headers.get(name) or ""


class Answer:
    """A response, before it is written."""

    def __init__(self, status, media_type, body, headers=()):
        self.status, self.media_type, self.body, self.headers = status, media_type, body, dict(headers)
