// What the page for tools asks.

export default (_world) => []
