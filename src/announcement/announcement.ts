import { type Channel, channel, subscribe, unsubscribe } from 'node:diagnostics_channel';

/**
 * Something that happens in a room, for whoever wants to know, such as the metrics. The room does not know its
 * listeners. They are called at once and nobody waits for them; without one, announcing costs next to nothing.
 */
export class Announcement<Message extends object> {
  private readonly channel: Channel;

  /** @param name begins with the room: `room.what`. */
  constructor(private readonly name: string) {
    this.channel = channel(name);
  }

  announce(message: Message): void {
    this.channel.publish(message);
  }

  /**
   * @param listener must not throw: Node takes that for a fault that ends the process.
   * @returns ends it.
   */
  listen(listener: (message: Message) => void): () => void {
    const onMessage = (message: unknown) => listener(message as Message);
    subscribe(this.name, onMessage);
    return () => {
      unsubscribe(this.name, onMessage);
    };
  }
}
