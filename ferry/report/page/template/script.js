"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  const links = JSON.parse(one("links").textContent);

  /* light and dark: what the reader's system prefers, until a choice is made here */
  const root = document.documentElement;
  const remembered = (() => { try { return localStorage.getItem("ferry-theme"); } catch { return null; } })();
  if (remembered) root.dataset.theme = remembered;
  one("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("ferry-theme", root.dataset.theme); } catch { /* a page opened from a file may not remember */ }
  });

  /* checks */
  const rows = all(".check");
  let show = "all";
  const sift = () => {
    const words = one("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row) => {
      const text = row.textContent.toLowerCase();
      row.hidden = (show === "failed" && row.classList.contains("good")) || !words.every((word) => text.includes(word));
    });
  };
  one("filter").addEventListener("input", sift);
  all("[data-show]").forEach((button) => button.addEventListener("click", () => {
    show = button.dataset.show;
    all("[data-show]").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    sift();
  }));
  const openTarget = () => {
    const target = location.hash.startsWith("#check-") && one(location.hash.slice(1));
    if (target) target.open = true;
  };
  addEventListener("hashchange", openTarget);
  openTarget();
  addEventListener("beforeprint", () => rows.forEach((row) => { row.open = row.classList.contains("bad"); }));

  /* a note beside the pointer */
  const note = one("tooltip");
  const tell = (event) => {
    const spot = event.target.closest("[data-tip]");
    note.hidden = !spot;
    if (!spot) return;
    const title = document.createElement("b");
    title.textContent = spot.dataset.tip;
    const rest = document.createElement("span");
    rest.textContent = [spot.dataset.type, spot.dataset.seconds].filter((text) => text && text !== "–").join(" · ");
    note.replaceChildren(title, rest);
    const left = Math.min(event.clientX + 14, innerWidth - note.offsetWidth - 10);
    const below = event.clientY + 18 + note.offsetHeight < innerHeight;
    note.style.left = `${Math.max(left, 6) + scrollX}px`;
    note.style.top = `${(below ? event.clientY + 18 : event.clientY - note.offsetHeight - 10) + scrollY}px`;
  };
  addEventListener("pointermove", tell, { passive: true });
  addEventListener("scroll", () => { note.hidden = true; }, { passive: true });

  /* where one is */
  const places = new Map(all("nav a").map((link) => [link.hash.slice(1), link]));
  const watcher = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    places.forEach((link) => link.classList.remove("here"));
    places.get(entry.target.id)?.classList.add("here");
  }), { rootMargin: "-20% 0px -70% 0px" });
  all("section").forEach((section) => watcher.observe(section));

  /* what was made */
  const graph = one("graph");
  if (!graph) return;
  const hold = one("hold");
  const arrows = one("arrows");
  const cells = all(".cell", hold);
  const byUrn = new Map(cells.map((cell) => [cell.dataset.urn, cell]));
  all(".inner", hold).forEach((part) => { if (!byUrn.has(part.dataset.urn)) byUrn.set(part.dataset.urn, part); });
  const serves = new Map();
  Object.entries(links).forEach(([urn, needs]) => needs.forEach((need) => {
    if (!serves.has(need)) serves.set(need, []);
    serves.get(need).push(urn);
  }));
  const groupOf = (cell) => cell.closest(".group")?.dataset.group;
  const roles = ["on", "needs", "serves", "me", "hit"];
  const clear = () => {
    [graph, hold].forEach((place) => place.classList.remove("busy", "aimed"));
    all(".on, .needs, .serves, .me").forEach((item) => item.classList.remove(...roles.slice(0, 4)));
    arrows.replaceChildren();
  };
  let kept = null;

  const markGroup = (number, role) => all(`[data-group="${number}"]`).forEach((item) => item.classList.add(role));
  const aimAtGroup = (number) => {
    clear();
    [graph, hold].forEach((place) => place.classList.add("busy"));
    markGroup(number, "on");
    const inside = new Set(cells.filter((cell) => groupOf(cell) === number).map((cell) => cell.dataset.urn));
    inside.forEach((urn) => {
      (links[urn] ?? []).forEach((need) => { const cell = byUrn.get(need); if (cell && groupOf(cell) !== number) markGroup(groupOf(cell), "needs"); });
      (serves.get(urn) ?? []).forEach((user) => { const cell = byUrn.get(user); if (cell && groupOf(cell) !== number) markGroup(groupOf(cell), "serves"); });
    });
    all(".line", graph).forEach((line) => {
      if (line.dataset.to === number) line.classList.add("needs");
      if (line.dataset.from === number) line.classList.add("serves");
    });
  };

  const middle = (item) => {
    const place = item.getBoundingClientRect();
    const size = Math.min(place.height, 18);
    return [place.left + scrollX + Math.min(place.width, 18) / 2, place.top + scrollY + size / 2];
  };
  const arrow = (from, to, role) => {
    const [x1, y1] = middle(from);
    const [x2, y2] = middle(to);
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const bend = Math.min(90, Math.hypot(x2 - x1, y2 - y1) / 3);
    path.setAttribute("d", `M${x1},${y1} C${x1},${y1 - bend} ${x2},${y2 - bend} ${x2},${y2}`);
    path.setAttribute("class", role);
    arrows.append(path);
  };
  const aimAtCell = (cell) => {
    clear();
    hold.classList.add("aimed");
    cell.classList.add("me");
    const mark = (urn, role) => {
      const other = byUrn.get(urn);
      if (!other || other === cell) return;
      other.classList.add(role);
      arrow(cell, other, role);
    };
    (links[cell.dataset.urn] ?? []).forEach((urn) => mark(urn, "needs"));
    (serves.get(cell.dataset.urn) ?? []).forEach((urn) => mark(urn, "serves"));
  };

  const aim = (target) => {
    const cell = target.closest?.(".cell");
    const group = target.closest?.("[data-group]");
    if (cell) aimAtCell(cell);
    else if (group) aimAtGroup(group.dataset.group);
    else clear();
    return cell ?? group;
  };
  [graph, hold].forEach((place) => {
    place.addEventListener("pointerover", (event) => { if (!kept) aim(event.target); });
    place.addEventListener("pointerleave", () => { if (!kept) clear(); });
    place.addEventListener("focusin", (event) => { if (!kept) aim(event.target); });
    place.addEventListener("focusout", () => { if (!kept) clear(); });
    place.addEventListener("click", (event) => {
      const heading = event.target.closest(".group h3");
      if (heading) heading.parentElement.classList.toggle("open");
      const found = aim(event.target);
      kept = found && found !== kept ? found : null;
      if (!kept) clear();
    });
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") { kept = null; clear(); }
    if (event.key === "Enter" && document.activeElement?.matches(".group")) document.activeElement.classList.toggle("open");
  });
  addEventListener("resize", () => { kept = null; clear(); });

  one("find").addEventListener("input", () => {
    const word = one("find").value.toLowerCase().trim();
    cells.forEach((cell) => {
      const hit = word && `${cell.dataset.tip} ${cell.dataset.type}`.toLowerCase().includes(word);
      cell.classList.toggle("hit", Boolean(hit));
      cell.classList.toggle("off", Boolean(word) && !hit);
    });
  });
  all(".key").forEach((key) => key.addEventListener("click", () => {
    const shown = key.getAttribute("aria-pressed") !== "true";
    key.setAttribute("aria-pressed", String(shown));
    cells.filter((cell) => cell.dataset.category === key.dataset.category).forEach((cell) => { cell.hidden = !shown; });
  }));
  const press = (button, act) => {
    const apply = () => act(button.getAttribute("aria-pressed") === "true");
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      kept = null;
      clear();
      apply();
    });
    apply();
  };
  press(one("names"), (on) => hold.classList.toggle("names", on));
  press(one("fit"), (on) => graph.classList.toggle("fit", on));
})();
