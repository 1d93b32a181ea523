"""A page as its elements, to look into."""

from html.parser import HTMLParser

VOID = {"meta", "img", "link", "br", "hr", "line", "circle"}
ADDRESSES = {"src", "href", "action", "data", "poster", "srcset", "background"}


class Page(HTMLParser):
    """What a page holds: its elements with their attributes, its texts by class, its tables."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.tables, self.said = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in {"td", "th"}:
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append((self.open[-1] if self.open else "", data))
        if self.open and self.open[-1] in {"td", "th"}:
            self.tables[-1][-1][-1] += data

    def addresses(self):
        return [
            value
            for _, attributes in self.elements
            for name, value in attributes.items()
            if name in ADDRESSES
        ]

    def of_class(self, name):
        return [one for _, one in self.elements if name in (one.get("class") or "").split()]

    def texts(self, tag):
        return [data for inside, data in self.said if inside == tag]
