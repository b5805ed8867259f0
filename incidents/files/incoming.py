"""Guarding the door: a file that is too large is not even written to disk."""

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class SizeGuard(FileUploadHandler):
    """Drops a file once it grows over the limit, and notes its name in `request.oversized` for the view to tell."""

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_MAX_BYTES:
            self.request.oversized = [*getattr(self.request, "oversized", []), self.file_name]
            raise SkipFile()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
