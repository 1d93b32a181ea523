"""The pages that show the service; all they need comes from here, so that no network is needed."""

from __future__ import annotations

from importlib.resources import files

import fastapi_offline
from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon.png": "image/png",
}

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>TEMPO: the HTTP service</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="docs/favicon.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/begin.js"></script>
</body>
</html>
"""

BEGIN = """SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
"""

router = APIRouter(include_in_schema=False)


@router.get("/docs", response_class=HTMLResponse)
async def page() -> str:
    """Show every route, and let it be tried."""
    return PAGE


@router.get("/docs/begin.js")
async def begin() -> Response:
    """Begin the page; in a file of its own, so that no inline script has to be allowed."""
    return Response(BEGIN, media_type="text/javascript")


@router.get("/docs/{name}")
async def asset(name: str) -> FileResponse:
    """Give what the page is made of."""
    if name not in ASSETS:
        raise HTTPException(404, "there is no such page")
    path = files(fastapi_offline) / "static" / name
    return FileResponse(str(path), media_type=ASSETS[name])
