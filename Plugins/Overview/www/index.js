// SPDX-License-Identifier: Apache-2.0
// The page in its frame: connects to the shell, and tells it how high the page is.

import { connect } from "/lib/plugin-frame.js";
import mount from "./page.js";

const place = document.getElementById("page");
const gatehouse = await connect();
const mounted = mount(place, gatehouse);
// The height is told once there is something to show, so that the page does not jump.
await Promise.race([mounted, new Promise((resolve) => {
    setTimeout(resolve, 1000);
})]);
new ResizeObserver(() => gatehouse.height(document.body.offsetHeight)).observe(document.body);
