/**
 * The table of Host headers that an endpoint on 127.0.0.1 must refuse.
 *
 * @see reliability.md 6h
 * @module
 */

/** Values of the Host header that name somebody else, or nobody. */
export const refusedHosts = (port: number): readonly string[] => [
  'evil.example',
  `evil.example:${port}`,
  `127.attacker.example:${port}`,
  `127.0.0.1.attacker.example:${port}`,
  'localhost.evil.example',
  'evil-localhost',
  `127.0.0.1:${port}.evil.com`,
  '127.0.0.1:evil.com',
  '127.0.0.1:',
  `127.0.0.1:0x${port.toString(16)}`,
  `127.0.0.1:+${port}`,
  `127.0.0.1:${port + 1}`,
  `127.0.0.1\u00ef\u00bc\u009a${port}`,
  `127.0.0.1:\u00d9\u00a1\u00d9\u00a2`,
  `evil@127.0.0.1:${port}`,
  '127.0.0.1@evil',
  '[[::1]]',
  `[::1]x:${port}`,
  '0177.0.0.1',
  '2130706433',
  '0x7f000001',
  '127.1',
  '127.0.0.256',
  `0.0.0.0:${port}`,
  '',
  `localhost.:${port}`,
  '127.0.0.1, evil',
  `127.0.0.1:${port}, evil`,
  '127.0.0.1',
  'localhost',
  `[::1]:${port}`,
]
