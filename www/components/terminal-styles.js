// SPDX-License-Identifier: Apache-2.0
// xterm.js writes <style> elements and style attributes while it runs, which a strict content security policy
// refuses. It lets the page name the document it builds with; this one builds the same elements, but their
// styles go through constructed style sheets and the CSS object model, which the policy allows.

/** A stand-in for a <style> element: its text becomes an adopted style sheet of the page. */
function styleElement(real) {
    const sheet = new CSSStyleSheet();
    const element = real.createElement("span");
    element.hidden = true;
    let source = "";
    Object.defineProperty(element, "textContent", {
        get: () => source,
        set: (text) => {
            source = text;
            sheet.replaceSync(text);
        },
    });
    element.remove = () => {
        real.adoptedStyleSheets = real.adoptedStyleSheets.filter((each) => each !== sheet);
        Element.prototype.remove.call(element);
    };
    real.adoptedStyleSheets = [...real.adoptedStyleSheets, sheet];
    return element;
}

/** Colours beyond the palette come as style attributes of spans, made outside the document handed over below. */
function setAttribute(name, value) {
    if (name === "style") this.style.cssText = value;
    else Element.prototype.setAttribute.call(this, name, value);
}

HTMLSpanElement.prototype.setAttribute = setAttribute;

/** The document to hand to xterm.js as `documentOverride`. */
export function strictDocument(real = document) {
    return new Proxy(real, {
        get(target, name) {
            if (name === "createElement") return (tag, options) => (
                tag === "style" ? styleElement(target) : target.createElement(tag, options)
            );
            const value = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
        },
        set: (target, name, value) => Reflect.set(target, name, value, target),
    });
}
