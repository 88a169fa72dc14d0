"""The changes that must happen in one step in Redis, as scripts. Every script takes the five keys
of a tenant (``KEYS_OF``), or the one of a piece of work, and nothing else, so that it runs in a
Cluster too.

A tenant's *standing* is a hash: ``seq`` (changes so far), ``change`` (the random name of the last),
``live`` and ``last`` (numbers of catalogues) and ``mode``. ``changes`` is a stream of the last
changes, each under the number it made; ``published`` leads from a catalogue's change to its number.
"""

from __future__ import annotations

KEYS_OF = ("standing", "infos", "catalogues", "changes", "published")

KEPT_CHANGES = 1000
"""Changes of a tenant that are remembered by name."""

_COMMON = f"""
local standing, infos, catalogues, changes, published = unpack(KEYS)
local function get(name) return redis.call('HGET', standing, name) end
local function number(name) return tonumber(get(name) or '0') end
local function top()
  local newest = redis.call('XREVRANGE', changes, '+', '-', 'COUNT', 1)
  return newest[1] and tonumber(string.match(newest[1][1], '^%d+')) or 0
end
local function step(change)
  local seq = math.max(number('seq'), top()) + 1
  redis.call('HSET', standing, 'seq', seq, 'change', change)
  redis.call('XADD', changes, 'MAXLEN', '~', {KEPT_CHANGES}, seq .. '-1', 'change', change)
end
local function answer(kind)
  return {{kind, number('seq'), get('change') or '', number('live'), number('last'),
          get('mode') or 'live'}}
end
local function keep(at, info, entries, clips, knowledge, change)
  redis.call('HSET', infos, at, info)
  redis.call('HSET', catalogues, at .. '.entries', entries, at .. '.clips', clips,
             at .. '.knowledge', knowledge)
  redis.call('HSET', published, change, at)
  if at > number('last') then redis.call('HSET', standing, 'last', at) end
end
"""

PUBLISH = f"""{_COMMON}
local change, over, floor, info, entries, clips, knowledge = unpack(ARGV)
local function numbered(at, kind)
  local said = answer(kind)
  table.insert(said, 1, at)
  return said
end
local there = redis.call('HGET', published, change)
if there then return numbered(tonumber(there), 'done') end
if over ~= '' and tonumber(over) ~= number('live') then return numbered(0, 'overtaken') end
local at = math.max(number('last'), tonumber(floor)) + 1
keep(at, info, entries, clips, knowledge, change)
redis.call('HSET', standing, 'live', at)
step(change)
return numbered(at, 'done')
"""
"""A new catalogue, live from now on. Sent again after a broken connection it does nothing."""

ACTIVATE = f"""{_COMMON}
local change, over, at = unpack(ARGV)
if get('change') == change then return answer('done') end
if redis.call('HEXISTS', infos, at) == 0 then return answer('unknown') end
if over ~= '' and tonumber(over) ~= number('live') then return answer('overtaken') end
redis.call('HSET', standing, 'live', at)
step(change)
return answer('done')
"""

SET_MODE = f"""{_COMMON}
local change, mode = unpack(ARGV)
if get('change') == change then return answer('done') end
redis.call('HSET', standing, 'mode', mode)
step(change)
return answer('done')
"""

KEEP = f"""{_COMMON}
local change, wanted, info, entries, clips, knowledge = unpack(ARGV)
local there = redis.call('HGET', published, change)
if there then
  if redis.call('HEXISTS', catalogues, there .. '.knowledge') == 1 then return tonumber(there) end
  wanted = there
elseif redis.call('HEXISTS', infos, wanted) == 1 then
  wanted = number('last') + 1
end
wanted = tonumber(wanted)
keep(wanted, info, entries, clips, knowledge, change)
return wanted
"""
"""A catalogue that Redis has lost, put back into the history: under its own number if that is
free, else under the next."""

RESTORE = f"""{_COMMON}
local expected, seq, change, live, mode = unpack(ARGV)
if (get('change') or '') ~= expected then return answer('overtaken') end
redis.call('HSET', standing, 'seq', seq, 'change', change, 'live', live, 'mode', mode)
local last = top()
for i = 6, #ARGV, 2 do
  if tonumber(ARGV[i]) > last then
    redis.call('XADD', changes, ARGV[i] .. '-1', 'change', ARGV[i + 1])
  end
end
return answer('done')
"""
"""The standing of a replica that knows more than Redis does, with the changes that led there."""

CLAIM = """
local owner, milliseconds, told = unpack(ARGV)
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local whose, until_ = unpack(redis.call('HMGET', KEYS[1], 'owner', 'until'))
if whose and whose ~= owner and tonumber(until_) > now then return 0 end
redis.call('HSET', KEYS[1], 'owner', owner, 'until', now + tonumber(milliseconds), 'told', told)
return 1
"""
"""A claim on the work whose key this is, by the clock of Redis: replicas' own differ."""

WORK = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local owner, until_, told = unpack(redis.call('HMGET', KEYS[1], 'owner', 'until', 'told'))
if not owner then return {} end
return {owner, math.max(0, tonumber(until_) - now), told}
"""
