"""What gunicorn serves: ``gunicorn dashboards.wsgi:application``, bound to loopback."""

from dashboards.app import create_app

application = create_app().server

# With threads, the first requests after a start can otherwise get 500 for script bundles: the first
# request of all registers the routes' resources, and it must be over before a second one comes.
application.test_client().get("/overload", headers={"Host": "127.0.0.1"})
