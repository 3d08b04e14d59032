# SPDX-License-Identifier: Apache-2.0
"""Compares pictures, in a blank page of the browser: it can read every format."""
import base64
import pathlib

# A function that reads a picture, for the scripts below.
_PIXELS = """
const pixels = async (url) => {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
};
"""

# Returns [width, height, how many pixels differ by more than a quarter in some colour].
_COMPARE = """
async ([first, second]) => {%s
    const [a, b] = [await pixels(first), await pixels(second)];
    if (a.width !== b.width || a.height !== b.height) return [a.width, a.height, a.width * a.height];
    let differing = 0;
    for (let i = 0; i < a.data.length; i += 4) {
        const distance = Math.max(...[0, 1, 2].map((c) => Math.abs(a.data[i + c] - b.data[i + c])));
        if (distance > 64) differing += 1;
    }
    return [a.width, a.height, differing];
}
""" % _PIXELS

# Returns how many pixels are not (nearly) black.
_LIT = """
async (url) => {%s
    const { data } = await pixels(url);
    let lit = 0;
    for (let i = 0; i < data.length; i += 4) if (Math.max(data[i], data[i + 1], data[i + 2]) > 64) lit += 1;
    return lit;
}
""" % _PIXELS


def png_url(data):
    return "data:image/png;base64," + base64.b64encode(data).decode()


def png_bytes(url):
    return base64.b64decode(url.split(",", 1)[1])


class Comparison:
    """How two pictures differ."""

    def __init__(self, width, height, differing):
        self.width, self.height, self.differing = width, height, differing

    def is_same(self, tolerance=200):
        """Whether they are the same but for a blinking cursor (9 x 16 pixels at most) and a few more."""
        return self.differing <= tolerance

    def __str__(self):
        return f"{self.differing} of {self.width} x {self.height} pixels differ"


def compare(page, first, second):
    """Compares two `data:` addresses of pictures."""
    return Comparison(*page.evaluate(_COMPARE, [first, second]))


def lit_pixels(page, url):
    return page.evaluate(_LIT, url)


def save(url, path):
    pathlib.Path(path).write_bytes(png_bytes(url))
