"""What a person sees of an object: its page, as text in a terminal and as HTML in a notebook."""

from __future__ import annotations

from boundcalc.display.page import Page
from boundcalc.display.text import page_to_text


class Shown:
    """An object that says what it is: `_page_` whole, `_brief_` without what is long or takes long. A dataclass has `repr=False`,
    or its fields would be printed."""

    __slots__ = ()

    def _page_(self) -> Page:
        raise NotImplementedError

    def _brief_(self) -> Page:
        return self._page_()

    def __repr__(self) -> str:
        return page_to_text(self._brief_())

    def _repr_html_(self) -> str:
        from boundcalc.display.html import page_to_html  # of notebooks only

        return page_to_html(self._page_())
