"""An S3-compatible server that really runs."""

from collections.abc import Iterable
from threading import Thread
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


class Server:
    """An S3-compatible server with a bucket `faces`; it dies when it gets more objects than are left."""

    def __init__(self) -> None:
        self.backend = s3_backends["123456789012"]["aws"]
        self.backend.reset()
        self.backend.create_bucket("faces", "us-east-1")
        self.application = DomainDispatcherApplication(create_backend_app)
        self.port = 0
        self.start()

    def start(self) -> None:
        self.objects_left = 100_000
        self.listening = make_server("127.0.0.1", self.port, self.answer, threaded=True)
        self.port = self.listening.server_port
        Thread(target=self.listening.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.listening.shutdown()
        self.listening.server_close()

    def answer(self, environment: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.objects_left -= environment["REQUEST_METHOD"] == "PUT"
        if self.objects_left == -1:
            self.stop()
        if self.objects_left < 0:
            raise ConnectionError
        return self.application(environment, start_response)

    def objects(self) -> set[str]:
        return set(self.backend.buckets["faces"].keys)
