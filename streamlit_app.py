"""What `streamlit run` starts: the explorer and, with no key configured, the sandbox API beside it."""

import streamlit as st
from starlette.middleware import Middleware

from explorer.sandbox.embedded import NotesAddress, embedded_sandbox
from explorer.settings import configure_logging, load_settings

settings = load_settings()
configure_logging(settings.explorer_log)
own_account = settings.callcov_api_key or settings.callcov_token

app = st.App(
    "explorer/app.py",
    routes=[] if own_account else embedded_sandbox().routes(),
    middleware=[Middleware(NotesAddress)],
)
