/* What the browser does by itself: the small chart library, calendar words, the address, links and copying. */
(function () {
  "use strict";

  /* Charts load the basic bundle (bars, lines, points) instead of the whole library. The renderer sets
     this name on every start; the setter lets it and changes nothing. A bundle loads with the first chart. */
  var bundle = "/assets/vendor/plotly-basic-4.1.1.min.js";
  Object.defineProperty(window, "_dashPlotlyJSURL", {
    configurable: true,
    get: function () { return bundle; },
    set: function () {},
  });

  /* Calendar words in Chinese; the date components look for the locale under this name. */
  var han = "一_二_三_四_五_六_七_八_九_十_十一_十二".split("_");
  var months = han.map(function (n) { return n + "月"; });
  window["dayjs_locale_zh-cn"] = {
    name: "zh-cn",
    weekdays: "星期日_星期一_星期二_星期三_星期四_星期五_星期六".split("_"),
    weekdaysShort: "周日_周一_周二_周三_周四_周五_周六".split("_"),
    weekdaysMin: "日_一_二_三_四_五_六".split("_"),
    months: months,
    monthsShort: han.map(function (_, i) { return i + 1 + "月"; }),
    ordinal: function (n) { return n + "日"; },
    weekStart: 1,
    formats: { LT: "HH:mm", LTS: "HH:mm:ss", L: "YYYY-MM-DD", LL: "YYYY年M月D日", LLL: "YYYY年M月D日 HH:mm", LLLL: "YYYY年M月D日dddd HH:mm" },
    relativeTime: {},
  };

  /* A refused callback says why, and who is signed out finds the way back. Pages from the memory of the browser are
     asked for again: they may be another person's. */
  var ask = window.fetch;
  window.fetch = function () {
    var call = arguments;
    return ask.apply(this, arguments).then(function (answer) {
      if (answer.status !== 401 && answer.status !== 403) return answer;
      return answer.clone().json().then(function (told) {
        if (told.fresh) return proved(told.fresh).then(function (right) { return right ? again(call) : answer; });
        refused(told);
        return answer;
      }, function () { return answer; });
    }, function (error) {
      if (error.name !== "AbortError") unreached(call);
      throw error;
    });
  };
  /* A step that found no way to the host says so in words the page brought with it; nothing that is shown goes. */
  var leaving = false;
  window.addEventListener("pagehide", function () { leaving = true; });
  function unreached(call) {
    if (leaving) return;
    var place = document.getElementById("shell-incident");
    var asked = String((call[0] && call[0].url) || call[0]);
    if (!place || !/_dash-update-component/.test(asked)) return;
    refused({ message: place.dataset.offline, close: place.dataset.close });
  }
  /* The same request once more, with all it brought; the session has another token by now. */
  function again(call) {
    var headers = new Headers(call[1] && call[1].headers);
    headers.set("X-CSRFToken", token());
    return ask.call(window, call[0], Object.assign({}, call[1], { headers: headers }));
  }
  function token() {
    var found = /(?:^|; )_csrf_token=([^;]*)/.exec(document.cookie);
    return found ? decodeURIComponent(found[1]) : "";
  }
  /* Asks for password and code above the page, which keeps all that was typed. Whether they were given and right. */
  var asking = null;
  function proved(words) {
    if (!asking) asking = dialog(words).finally(function () { asking = null; });
    return asking;
  }
  function dialog(words) {
    function made(name, parts, more) {
      var one = Object.assign(document.createElement(name), more);
      one.append.apply(one, parts);
      return one;
    }
    function field(name, label, type, complete, help) {
      var input = Object.assign(document.createElement("input"), {
        name: name, type: type, autocomplete: complete, maxLength: 256, required: true, spellcheck: false, autocapitalize: "none" });
      return made("label", [made("span", [label]), input].concat(help ? [made("small", [help])] : []), { className: "access-field" });
    }
    var said = made("p", [], { className: "error" });
    said.setAttribute("role", "alert");
    var send = made("button", [words.confirm], { className: "button primary" });
    var leave = made("button", [words.cancel], { className: "button", type: "button" });
    var title = made("h2", [words.title], { id: "fresh-title" });
    var form = made("form", [title, made("p", [words.why]), field("password", words.password, "password", "current-password")]
      .concat(words.code ? [field("code", words.code, "text", "one-time-code", words.help)] : [])
      .concat([said, made("div", [send, leave], { className: "row" })]), { method: "post" });
    var box = made("dialog", [form], { id: "fresh", className: "access" });
    box.setAttribute("aria-labelledby", "fresh-title");
    document.body.append(box);
    box.showModal();
    return new Promise(function (done) {
      function end(right) { form.reset(); box.close(); box.remove(); done(right); }
      box.addEventListener("cancel", function (event) { event.preventDefault(); end(false); });
      leave.addEventListener("click", function () { end(false); });
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        send.disabled = true;
        said.textContent = "";
        ask.call(window, words.href, {
          method: "POST", credentials: "same-origin", body: new URLSearchParams(new FormData(form)),
          headers: { "Accept": "application/json", "X-CSRFToken": token() },
        }).then(function (answer) {
          if (answer.ok) return end(true);
          return answer.text().then(function (text) {
            try { text = JSON.parse(text).message; } catch (plain) { /* told in words */ }
            said.textContent = text;
          });
        }).catch(function () { said.textContent = words.unreachable; }).finally(function () {
          send.disabled = false;
          form.reset();
          form.elements[0].focus();
        });
      });
    });
  }
  function refused(told) {
    var old = document.getElementById("refused");
    if (old) old.remove();
    var box = document.createElement("div");
    box.id = "refused";
    box.className = "incident";
    box.setAttribute("role", "alert");
    box.append(told.message);
    if (told.href) {
      var link = document.createElement("a");
      link.className = "button";
      link.href = told.href + "?next=" + encodeURIComponent(window.location.pathname + window.location.search);
      link.textContent = told.action;
      box.append(link);
    }
    if (told.close) {
      var close = document.createElement("button");
      close.className = "button";
      close.textContent = told.close;
      close.addEventListener("click", function () { box.remove(); });
      box.append(close);
    }
    document.body.append(box);
  }
  /* The way is there again: what was said of it is over. */
  window.addEventListener("online", function () {
    var old = document.getElementById("refused");
    if (old && old.querySelector("button")) old.remove();
  });
  window.addEventListener("pageshow", function (event) { if (event.persisted) window.location.reload(); });

  var absolute = null; /* query with absolute dates, for links that are passed on */

  /* An answer that came tells that an error before it is over. */
  function clearIncident() { window.dash_clientside.set_props("shell-incident", { children: null }); }

  function withQuery(path, query) { return path + (query || ""); }

  /* What a click on a chart points at: the value of the first mark that carries one. */
  function customOf(click) {
    var points = (click && click.points) || [];
    for (var i = 0; i < points.length; i += 1) {
      var value = points[i].customdata;
      if (value) return Array.isArray(value) ? value[0] : value;
    }
    return null;
  }

  function rowsOf(links, more) {
    var query = new URLSearchParams(links.rows);
    Object.keys(more).forEach(function (name) { query.set(name, more[name]); });
    return "/overload/rows?" + query.toString();
  }

  /* The record list, when the page has one and it is ready. */
  function withGrid(use) {
    ["rows-grid", "vehicles-grid", "repeat-grid", "risk-grid", "hazards-grid"].forEach(function (id) {
      if (document.getElementById(id)) window.dash_ag_grid.getApiAsync(id).then(use);
    });
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.heng = {
    /* The address follows the filters without a new entry in the history; links that carry them follow too. */
    followQuery: function (links) {
      if (!links) return Array(window.dash_clientside.callback_context.outputs_list.length).fill(window.dash_clientside.no_update);
      absolute = links.absolute;
      clearIncident();
      if (window.location.pathname === links.here) {
        window.history.replaceState(window.history.state, "", withQuery(links.here, links.query + window.location.hash));
      }
      return links.hrefs;
    },
    /* A county button sets the filter, a second click takes it back. */
    pickCounty: function (clicks, current) {
      var context = window.dash_clientside.callback_context;
      var hit = context.triggered[0];
      if (!hit || !hit.value || !context.triggered_id) return window.dash_clientside.no_update;
      var code = context.triggered_id.code;
      return code === current ? "all" : code;
    },
    clickMap: function (click, current) {
      var code = customOf(click);
      if (!code || code.indexOf("site:") === 0) return window.dash_clientside.no_update;
      return code === current ? "all" : code;
    },
    openBand: function (click, links) {
      var band = customOf(click);
      return band ? rowsOf(links, { band: band }) : window.dash_clientside.no_update;
    },
    openDay: function (click, links) {
      var day = customOf(click);
      return day ? rowsOf(links, { period: "custom", from: day, to: day }) : window.dash_clientside.no_update;
    },
    openVehicles: function (click, links) {
      var day = customOf(click);
      if (!day) return window.dash_clientside.no_update;
      var query = new URLSearchParams(links.rows);
      var more = { show: "vehicles", period: "custom", from: day, to: day };
      Object.keys(more).forEach(function (name) { query.set(name, more[name]); });
      return "/terminals/rows?" + query.toString();
    },
    /* Another day of a list as of a day is another address. */
    openAsOf: function (day, links) {
      if (!day || !links || day === links.day) return window.dash_clientside.no_update;
      var query = new URLSearchParams(links.query);
      query.set(links.name, day);
      return links.here + "?" + query.toString();
    },
    /* What another night knew is another address; its last day is asked for. */
    openKnownOn: function (night, links) {
      if (!links || (night || null) === (links.known || null)) return window.dash_clientside.no_update;
      var query = new URLSearchParams(links.query);
      query.delete("known_on");
      if (night) { query.set("known_on", night); query.delete("as_of"); }
      var text = query.toString();
      return links.here + (text ? "?" + text : "");
    },
    closeDrawer: function (clicks) {
      var none = window.dash_clientside.no_update;
      if (!clicks) return [none, none];
      withGrid(function (api) { api.deselectAll(); });
      return ["card drawer", null];
    },
    followRecord: function (record, links) {
      var none = window.dash_clientside.no_update;
      if (window.location.pathname !== "/overload/rows") return none;
      if (links) absolute = links.absolute;
      if (record) clearIncident();
      var url = new URL(window.location.href);
      if (record) url.searchParams.set("record", record); else url.searchParams.delete("record");
      window.history.replaceState(window.history.state, "", url.href);
      return none;
    },
    fitColumns: function (drawer) {
      withGrid(function (api) { fit(api, /\bopen\b/.test(drawer || "")); });
      return window.dash_clientside.no_update;
    },
  };

  /* A phone shows one card a record, a wide screen columns; beside the drawer there is room for fewer. */
  var phone = window.matchMedia("(max-width: 760px)");

  function fit(api, open) {
    if (api.isDestroyed()) return;
    var show = [], hide = [];
    api.getColumns().forEach(function (column) {
      var card = column.getColId() === "card";
      var wanted = card ? phone.matches : !phone.matches && (!open || column.getColDef().context.besideDrawer);
      if (wanted !== column.isVisible()) (wanted ? show : hide).push(column);
    });
    if (show.length) api.setColumnsVisible(show, true);
    if (hide.length) api.setColumnsVisible(hide, false);
  }

  function fitAgain(api) { fit(api, Boolean(document.querySelector(".drawer.open"))); }

  phone.addEventListener("change", function () { withGrid(fitAgain); });
  var functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  functions.hengFit = function (event) { fitAgain(event.api); };

  function sortBy(button) {
    withGrid(function (api) {
      api.applyColumnState({ state: [{ colId: button.dataset.sort, sort: "desc" }], defaultState: { sort: null } });
    });
    button.parentNode.querySelectorAll("button").forEach(function (one) {
      one.classList.toggle("current", one === button);
      one.setAttribute("aria-pressed", String(one === button));
    });
  }

  /* Cells of the record list that are more than text. */
  var cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  cells.HengPill = function (props) {
    if (!props.value) return null;
    var tone = props.data ? props.data[props.colDef.field + "_tone"] : "";
    return window.React.createElement("span", { className: "pill " + (tone || ""), title: props.value }, props.value);
  };
  cells.HengExcess = function (props) {
    return window.React.createElement("span", { className: props.data && props.data.severe ? "cell-severe" : "" }, props.value);
  };

  cells.HengCard = function (props) {
    var row = props.data;
    if (!row) return null;
    var make = window.React.createElement;
    function fact(name, strong) {
      var tone = strong ? (row.severe ? "worse" : "") : "";
      return make("span", { key: name }, make("small", null, props.words[name]), make("b", { className: tone }, row[name]));
    }
    return make("div", { className: "row-card" },
      make("div", { className: "row-head" },
        make("span", { className: "pill " + row.verdict_tone }, row.verdict), make("b", null, row.plate), make("span", null, row.time)),
      make("div", { className: "row-facts" }, fact("gross"), fact("limit"), fact("excess", true), fact("axles")),
      make("div", { className: "row-where" },
        make("span", null, row.site + " · " + row.county),
        row.doubts_tone === "warn" ? make("span", { className: "pill warn" }, row.doubts) : null));
  };

  /* A vehicle, finding or alarm on a phone: what it is, its numbers, where it belongs. */
  cells.HengLines = function (props) {
    var row = props.data;
    if (!row) return null;
    var make = window.React.createElement;
    return make("div", { className: "row-card" },
      make("div", { className: "row-head" },
        row.pill ? make("span", { className: "pill " + (row.pill_tone || "") }, row.pill) : null, make("b", null, row.head), make("span", null, row.right)),
      make("div", { className: "row-line" }, row.line),
      make("div", { className: "row-where" }, make("span", null, row.where)),
      row.under ? make("div", { className: "row-under" }, row.under) : null);
  };

  function pickProvince(letter) {
    window.dash_clientside.set_props("lookup-province", { data: letter });
    window.dash_clientside.set_props("lookup-province-shown", { children: letter });
  }

  function copied(button) {
    var words = button.querySelector("span:not(.icon)");
    var before = words.textContent;
    words.textContent = button.dataset.done;
    window.setTimeout(function () { words.textContent = before; }, 1600);
  }

  function copy(button) {
    var own = button.dataset.copy;
    var url = own
      ? new URL(own, window.location.href)
      : new URL(withQuery(window.location.pathname, absolute !== null && /^\/(overload|terminals|repeat|risk|hazards|penalties|ranking|alerts|compliance|shift)/.test(window.location.pathname) ? absolute : window.location.search), window.location.href);
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(url.href).then(function () { copied(button); });
    } else {
      window.prompt(button.textContent, url.href);
    }
  }

  /* The field of the look-up tells its text when it is left; a tap on a button of a phone does not leave it. */
  document.addEventListener("click", function (event) {
    var field = document.activeElement;
    if (field && field.id === "lookup-plate" && event.target !== field && event.target.closest("button")) field.blur();
  }, true);

  document.addEventListener("click", function (event) {
    var target = event.target.closest("[data-switch],[data-copy],[data-expand],[data-sort],[data-reload],[data-lookup-province],[data-lookup-plate],[data-lookup-color],[id$='-open-period'],[id$='-open-place'],[id$='-open-filters'],[id$='-close']");
    if (!target) return;
    if (target.dataset.switch) {
      /* Language and theme are drawn by the server: the same address again, with the choice in it. */
      event.preventDefault();
      var url = new URL(window.location.href);
      url.searchParams.set(target.dataset.switch, target.dataset.value);
      window.location.assign(url.href);
    } else if (target.dataset.copy !== undefined) {
      copy(target);
    } else if (target.dataset.reload !== undefined) {
      window.location.reload();
    } else if (target.dataset.lookupProvince) {
      pickProvince(target.dataset.lookupProvince);
      target.closest("details").open = false;
      document.getElementById("lookup-plate").focus();
    } else if (target.dataset.lookupPlate) {
      /* A plate that was offered is asked for as if it had been typed. */
      var plate = target.dataset.lookupPlate;
      pickProvince(plate.charAt(0));
      window.dash_clientside.set_props("lookup-plate", { value: plate.slice(1) });
      document.getElementById("lookup-go").click();
    } else if (target.dataset.lookupColor) {
      window.dash_clientside.set_props("lookup-color", { data: Number(target.dataset.lookupColor) });
    } else if (target.dataset.sort) {
      sortBy(target);
    } else if (target.dataset.expand) {
      var list = document.querySelector(target.dataset.expand);
      var open = list.classList.toggle("expanded");
      var words = target.dataset.more || target.textContent;
      target.dataset.more = words;
      target.textContent = open ? target.dataset.less : words;
    } else {
      /* On phones the filters are a sheet at the bottom of the screen. */
      var sheet = document.querySelector(".filter-bar");
      if (sheet) sheet.classList.toggle("open", !/-close$/.test(target.id));
    }
  });

  document.addEventListener("keydown", function (event) {
    /* Enter on a row opens its evidence as a click does. */
    if (event.key === "Enter" && event.target.classList.contains("ag-cell")) event.target.click();
    if (event.key !== "Escape") return;
    var sheet = document.querySelector(".filter-bar.open");
    if (sheet) sheet.classList.remove("open");
    var close = document.querySelector(".drawer.open [id$='-drawer-close']");
    if (close) close.click();
  });
})();
