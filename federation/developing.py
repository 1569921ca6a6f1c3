"""The process in which pictures of strangers are decoded: little memory, little time, no files; it imports nothing of ours.

`python -m federation.developing EDGE [square]` reads a picture from its input and writes its size and a WebP;
federation/darkroom.py starts it.
"""

import io
import resource
import struct
import sys

from PIL import Image, ImageOps

MEMORY = 1_200_000_000  # bytes of address space: the library, and a picture of as many points as we take
SECONDS = 20  # of the processor
POINTS = 40_000_000
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")  # no SVG, which is a program
QUALITY = 80
HEAD = struct.Struct(">II")  # width and height, before the picture


def shrunk(raw: bytes, edge: int, square: bool) -> tuple[bytes, int, int]:
    """A WebP of its first frame, upright, without a word about where and with what it was taken; and its size."""
    with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
        if picture.width * picture.height > POINTS:
            raise ValueError(f"{picture.width} x {picture.height} points are too many")
        is_clear = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
        picture.draft("RGB", (edge, edge))
        upright = ImageOps.exif_transpose(picture).convert("RGBA" if is_clear else "RGB")
    small = ImageOps.fit(upright, (edge, edge)) if square else upright
    small.thumbnail((edge, edge))
    made = io.BytesIO()
    small.save(made, "WEBP", quality=QUALITY)
    return made.getvalue(), small.width, small.height


def main(edge: int, square: bool) -> None:
    """Develop what comes in; whatever goes wrong, also when there is too little memory, ends this process and nothing else."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    body, width, height = shrunk(sys.stdin.buffer.read(), edge, square)
    sys.stdout.buffer.write(HEAD.pack(width, height) + body)


if __name__ == "__main__":
    main(int(sys.argv[1]), "square" in sys.argv)
