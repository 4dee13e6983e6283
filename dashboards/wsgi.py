"""What gunicorn serves: ``gunicorn dashboards.wsgi:application``, bound to loopback."""

from dashboards.app import create_app

_app = create_app()
application = _app.server

# With threads, the first requests after a start can otherwise get 500 for script bundles: the first index
# of all registers them, and it must be over before anybody asks.
with application.test_request_context("/", headers={"Host": "127.0.0.1"}):
    _app.index()
