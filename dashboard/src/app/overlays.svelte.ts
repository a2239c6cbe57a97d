// What lies over the page and can be asked for from anywhere.

class Overlays {
  palette = $state(false)
  keys = $state(false)
}

export const overlays = new Overlays()
