"""The page of the HTML report as one Jinja2 template; everything it shows is escaped unless it is this text."""

PAGE = """\
{%- macro rows(pairs, class="") -%}
<dl>{% for label, value in pairs %}<dt>{{ label }}</dt><dd{% if class %} class="{{ class }}"{% endif %}>{{ value }}</dd>
{% endfor %}</dl>
{%- endmacro -%}

{%- macro hexview(view) -%}
<div class="hex mono"><table>
{% for row in view.rows %}<tr><td>{{ "%04x" % row.offset }}</td><td>
{%- for run in row.runs %}{% set field = run.field -%}
<mark class="{{ field.kind }} s{{ field.shade }}" title="{{ field.name }}{{ ": " if field.value }}{{ field.value }}">
{{- run.hexes }}</mark>{{ " " if not loop.last }}{% endfor %}</td><td>{{ row.characters }}</td></tr>
{% endfor %}</table></div>
<table class="fields">
{% for field in view.fields %}<tr><td>{{ field.start }}–{{ field.end - 1 }}</td>
<td><mark class="{{ field.kind }} s{{ field.shade }}">{{ field.name }}</mark></td>
<td class="mono">{{ field.value }}</td></tr>
{% endfor %}</table>
{% if view.left_out %}<p class="quiet">{{ view.left_out }} more bytes are not shown.</p>{% endif %}
{%- endmacro -%}

{%- macro talk(lines) -%}
<div class="talk">
{% for line in lines %}{% if line.speaker == "-" %}<div class="mark">{{ line.text }}</div>
{% else %}<span class="by {{ line.speaker }} mono">{{ line.speaker }}</span>
{%- if line.folded %}<details class="mono {{ line.speaker }}">
<summary>{{ line.text }}</summary>{{ line.folded }}</details>
{%- else %}<span class="mono {{ line.speaker }}">{{ line.text }}</span>{% endif -%}
<span class="note">{{ line.note }}</span>
{% endif %}{% endfor %}</div>
{%- endmacro -%}

{%- macro found(findings) -%}
<h4>Findings</h4><ul class="found">
{% for each in findings %}{% set it = each.finding %}<li><span class="sev {{ it.severity }}">{{ it.severity }}</span>
<b>{{ it.summary }}</b><br>
<span class="quiet">{{ it.rule }}, {{ each.state }} ({{ each.means }}), <code>{{ it.id }}</code></span>
{% if each.evidence %}<ul>{% for piece in each.evidence %}<li class="mono">{{ piece }}</li>
{% endfor %}</ul>{% endif %}</li>
{% endfor %}</ul>
{%- endmacro -%}

{%- macro card(endpoint, host) -%}
<details class="endpoint v-{{ endpoint.verdict }}{% if endpoint.severity %} s-{{ endpoint.severity }}{% endif %}">
<summary><span class="pill {{ endpoint.verdict }}">{{ endpoint.verdict }}</span>
<span class="where mono">{{ endpoint.name }}</span>
<span class="sev {{ endpoint.severity or "" }}">{{ endpoint.severity or "" }}</span>
<span class="why">{{ endpoint.why }}</span></summary>
<div class="body">
{% if endpoint.next %}<p class="next">{{ endpoint.next }}</p>{% endif %}
{% if endpoint.findings %}{{ found(endpoint.findings) }}{% endif %}
{% if endpoint.given and endpoint.given != host.given -%}
<h4>What it gave away</h4>{{ rows(endpoint.given, "given") }}{% endif %}
<h4>How it was asked</h4>{{ rows(endpoint.rows) }}
{% if endpoint.talk %}<h4>Transcript (S the server, C tightlip)</h4>{{ talk(endpoint.talk) }}{% endif %}
{% for view in endpoint.challenges -%}
<h4>The challenge, byte by byte (marked: what it tells)</h4>{{ hexview(view) }}{% endfor %}
{% if endpoint.left_out %}<p class="quiet">{{ endpoint.left_out }}</p>{% endif %}
</div></details>
{%- endmacro -%}

<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; style-src '{{ style_hash }}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="generator" content="tightlip {{ version }}">
<title>{{ headline }} · tightlip</title>
<style>{{ style|safe }}</style>
</head>
<body>
<header>
<p class="kicker">tightlip, what mail servers say about themselves before anybody logs in</p>
<h1>{{ headline }}</h1>
<p class="lede">{{ lede }}</p>
<svg class="bar" role="img" aria-label="{{ bar_label }}" preserveAspectRatio="none" viewBox="0 0 1000 10">
{% for part in bar %}<rect class="{{ part.verdict }}" x="{{ part.x }}" width="{{ part.width }}" height="10"></rect>
{% endfor %}</svg>
<div class="filters" role="group" aria-label="Show only">
<fieldset><legend>Verdict</legend>
<input type="radio" name="v" id="v-all" checked><label for="v-all">all <b>{{ "{:,}".format(total) }}</b></label>
{% for verdict, count in verdicts if count %}<input type="radio" name="v" id="v-{{ verdict }}">
<label for="v-{{ verdict }}"><span class="is-{{ verdict }}">●</span> {{ verdict }}
<b>{{ "{:,}".format(count) }}</b></label>
{% endfor %}</fieldset>
<fieldset><legend>Severity</legend>
<input type="radio" name="s" id="s-all" checked><label for="s-all">all</label>
{% for severity in severities %}<input type="radio" name="s" id="s-{{ severity }}">
<label for="s-{{ severity }}">{{ severity }}</label>
{% endfor %}</fieldset>
</div>
</header>
<main>
{% if todo %}<section id="findings"><h2>What to do</h2>
<p class="quiet">Severities are tightlip's own grading; no published score exists for these findings.</p>
<div class="sheet">
{% for each in todo %}<article class="todo{% if not each.standing %} over{% endif %}">
<span class="sev {{ each.severity }}">{{ each.severity }}</span><div>
<h3>{{ each.rule }}</h3>
<p>{{ each.counts }}{% if each.endpoints %}: <span class="mono">{{ each.endpoints }}</span>{% endif %}</p>
{% if each.standing %}<ul>{% for one in each.remediations %}<li>{{ one.text }}</li>{% endfor %}</ul>
<p class="quiet">{% for one in each.references %}{% if one.url.startswith("https://") -%}
<a href="{{ one.url }}" rel="noreferrer noopener">{{ one.title }}</a>{% else %}{{ one.title }}{% endif -%}
{{ ", " if not loop.last }}{% endfor %}</p>{% endif %}
</div></article>
{% endfor %}</div></section>{% endif %}
<section id="hosts"><h2>Hosts</h2>
{% if left_out %}<p>{{ left_out }}</p>{% endif %}
<p class="nothing">No endpoint on this page matches both filters.</p>
{% for host in hosts() %}<article class="sheet host">
<header><h3>{{ host.name }}</h3><span class="quiet mono">{{ host.addresses }}</span></header>
{% if host.given %}<div class="told">{{ rows(host.given, "given") }}</div>{% endif %}
{% for endpoint in host.endpoints %}{{ card(endpoint, host) }}
{% endfor %}</article>
{% endfor %}</section>
<section id="run"><h2>This run</h2><div class="sheet aside">{{ rows(run) }}</div>
<h2>What was not asked</h2><div class="sheet aside">{{ rows(not_asked) }}</div>
<h2>What the verdicts mean</h2><div class="sheet aside"><dl>
{% for verdict, meaning in meanings -%}
<dt><span class="pill {{ verdict }}">{{ verdict }}</span></dt><dd>{{ meaning }}</dd>
{% endfor %}</dl></div></section>
</main>
<footer>{{ closing }}</footer>
</body>
</html>
"""
