/** Steps whose brackets are opened or closed in one frame: a long text at once would hold up the page. */
const AT_ONCE = 300;

/** Whether alternatives stand inline, and up to which step that is shown already. */
export class Opening {
  state = $state.raw({ isOpen: false, until: Infinity });

  constructor(isOpen: boolean) {
    this.state = { isOpen, until: Infinity };
  }

  /** Open or close the brackets of a text of so many steps. */
  turn(isOpen: boolean, steps: number): void {
    if (this.state.isOpen !== isOpen) this.go(isOpen, steps, AT_ONCE);
  }

  private go(isOpen: boolean, steps: number, until: number): void {
    this.state = { isOpen, until: until < steps ? until : Infinity };
    if (until >= steps) return;
    requestAnimationFrame(() => {
      if (this.state.isOpen === isOpen) this.go(isOpen, steps, until + AT_ONCE);
    });
  }
}
