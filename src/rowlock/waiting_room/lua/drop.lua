-- Forgets a part of a line: KEYS are the keys of it.
return {redis.call('UNLINK', unpack(KEYS))}
