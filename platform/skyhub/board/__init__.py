"""The wall board of the control room: what goes on, read only, live, with the rights of who looks."""

from skyhub.board._html import board_html
from skyhub.board._server import serve_board
from skyhub.board._state import BoardState, read_board

__all__ = ["BoardState", "board_html", "read_board", "serve_board"]
