/* Debian's Chromium for the tests of pages: open(), reader(), violations(), and what tests/run reads, TAP. */
"use strict";
const fs = require("fs");
const { chromium } = require("playwright-core");

const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const NAMES = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

/* A browser without a window. Its pages are our own, so it needs no sandbox, which containers often forbid. */
function open() {
    return chromium.launch({ executablePath: NAMES.find((name) => fs.existsSync(name)), args: ["--no-sandbox"] });
}

/* A page of the browser that writes down what no page of ours may do: ask for anything but what is `allowed`. */
async function reader(browser, allowed) {
    const context = await browser.newContext({ viewport: DESK, colorScheme: "light" });
    context.setDefaultTimeout(120000); /* a busy machine is no fault of a page */
    const page = await context.newPage();
    page.faults = [];
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type()))
            page.faults.push("the console says: " + message.text());
    });
    page.on("pageerror", (error) => page.faults.push("a script fails: " + error.message));
    await context.route("**/*", (route) => {
        const url = route.request().url();
        if (url.startsWith(allowed) || url.startsWith("data:"))
            return route.continue();
        page.faults.push("it asks for " + url);
        return route.abort();
    });
    return page;
}

/* How many pixels a page is wider than the window. */
function overflow(page) {
    return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/* What axe finds wrong with a page, a line each. `rules`: these alone; else all that are not experiments. */
async function violations(page, rules) {
    if (!await page.evaluate("typeof axe !== 'undefined'"))
        await page.evaluate(AXE);
    return page.evaluate(async (rules) => {
        /* preload asks for the style sheets once more, which pages from a disk may not. */
        const options = { resultTypes: ["violations"], preload: false };
        if (rules)
            options.runOnly = { type: "rule", values: rules };
        const found = (await axe.run(document, options)).violations;
        return found.map((one) => {
            const where = one.nodes.slice(0, 2).map((node) => node.target.join(" ") + " " + node.html.slice(0, 120));
            return `axe: ${one.id} (${one.help}), ${one.nodes.length} times: ${where.join("; ")}`.replace(/\s+/g, " ");
        });
    }, rules);
}

/* Prints the results in order of their numbers, whoever is ready first. */
class TAP {
    constructor() {
        this.count = 0;
        this.failed = 0;
    }

    /* A test that found `faults`, a line each; none: it has passed. */
    result(name, faults) {
        this.count++;
        this.failed += faults.length > 0;
        console.log(`${faults.length > 0 ? "not ok" : "ok"} ${this.count} - ${name}`);
        for (const fault of faults)
            console.log(`#   ${fault}`);
    }

    end() {
        console.log(`1..${this.count}`);
        process.exitCode = this.failed > 0 ? 1 : 0;
    }
}

/* One test: `steps` gets a page and returns what is wrong, or nothing. */
async function test(browser, allowed, tap, name, steps) {
    const page = await reader(browser, allowed);
    const wrong = await steps(page).catch((error) => error.message.split("\n")[0]);
    tap.result(name, (wrong ? [wrong] : []).concat(page.faults));
    await page.context().close();
}

module.exports = { open, reader, overflow, test, violations, DESK, PHONE, TAP };
