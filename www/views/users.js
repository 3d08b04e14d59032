// SPDX-License-Identifier: Apache-2.0
// Users, groups and their rights.

import { reaches } from "../lib/machine-states.js";
import { h } from "../components/dom.js";
import { groupList } from "../components/group-list.js";
import { forSuperusers, pageHead } from "../components/page.js";
import { rightsList } from "../components/rights-list.js";
import { tabbed } from "../components/tabs.js";
import { userList } from "../components/user-list.js";

export default async function view({ api, events, inventory, user }) {
    if (!reaches(user.level, "superUser")) return forSuperusers("Users");
    const users = userList(api, user);
    const tabs = tabbed("Users", [
        { name: "users", label: "Users", make: () => users.element },
        { name: "groups", label: "Groups", make: () => groupList(api) },
        { name: "rights", label: "Rights", make: () => rightsList(api, inventory) },
    ]);
    const off = events.on("user.changed", () => users.load());
    return {
        title: "Users",
        element: h(
            "div",
            { class: "page" },
            pageHead({ title: "Users", lead: "Who may sign in, and what they may do." }),
            tabs
        ),
        dispose: off,
    };
}
