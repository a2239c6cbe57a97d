// What the page for settings asks.

export default (_world) => []
