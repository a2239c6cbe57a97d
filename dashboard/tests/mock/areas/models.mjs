// What the page for models asks.

export default (_world) => []
