// A peer that we did not write the insides of: one reader, Cleo, on Fedify, driven by a few calls to /control.
// Usage: node app.mjs PORT [FIRST_KNOCK] [ORIGIN]     FIRST_KNOCK: rfc9421 or draft-cavage-http-signatures-12
import { createServer } from "node:http";
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import * as vocab from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

const [port, firstKnock = "rfc9421", origin = `http://127.0.0.1:${port}`] = process.argv.slice(2);
const keys = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")];
const notes = new Map(), followers = new Map(), received = [], refused = [];
const federation = createFederation({ kv: new MemoryKvStore(), origin, firstKnock, allowPrivateAddress: true });

federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
  software: { name: "cleo", version: "1.0.0" },
  protocols: ["activitypub"],
  usage: { users: {}, localPosts: notes.size, localComments: 0 },
}));

federation.setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
  if (identifier !== "cleo") return null;
  const pairs = await ctx.getActorKeyPairs(identifier);
  return new vocab.Person({
    id: ctx.getActorUri(identifier),
    preferredUsername: identifier,
    name: "Cleo",
    inbox: ctx.getInboxUri(identifier),
    followers: ctx.getFollowersUri(identifier),
    endpoints: new vocab.Endpoints({ sharedInbox: ctx.getInboxUri() }),
    url: ctx.getActorUri(identifier),
    publicKey: pairs[0].cryptographicKey,
    assertionMethods: pairs.map((pair) => pair.multikey),
  });
}).setKeyPairsDispatcher(() => keys);
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [...followers.values()] }));
federation.setObjectDispatcher(vocab.Note, "/notes/{id}", (_, { id }) => notes.get(id) ?? null);

federation.setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: "cleo" }))
  .onUnverifiedActivity((_, activity, reason) => void refused.push({ id: activity.id?.href, reason: reason.type }))
  .on(vocab.Activity, async (ctx, activity) => {
    received.push(await activity.toJsonLd({ contextLoader: ctx.contextLoader }));
    if (!(activity instanceof vocab.Follow)) return;
    const follower = await activity.getActor(ctx);
    followers.set(follower.id.href, follower);
    const id = new URL(`#accept-${received.length}`, ctx.getActorUri("cleo"));
    await deliver(ctx, new vocab.Accept({ id, actor: ctx.getActorUri("cleo"), object: activity }), follower);
  });

const deliver = (ctx, activity, ...recipients) => ctx.sendActivity({ identifier: "cleo" }, recipients, activity, { immediate: true });
const fetched = async (ctx, url) => {
  const object = await ctx.lookupObject(url, { documentLoader: await ctx.getDocumentLoader({ identifier: "cleo" }) });
  if (object === null) throw new Error(`${url} could not be fetched as ActivityPub`);
  return object;
};
const authorOf = async (ctx, object) => object.inboxId ? object : await fetched(ctx, object.attributionId.href);

// What Cleo can be asked to do: each takes what was posted to /control/VERB and answers with the id of what was sent.
const VERBS = {
  look: async (ctx, { object }) => (await fetched(ctx, object)).toJsonLd({ contextLoader: ctx.contextLoader }),
  follow: (ctx, { object }) => tell(ctx, object, vocab.Follow),
  unfollow: (ctx, { object }) => undo(ctx, object, vocab.Follow),
  like: (ctx, { object }) => tell(ctx, object, vocab.Like),
  unlike: (ctx, { object }) => undo(ctx, object, vocab.Like),
  boost: (ctx, { object }) => tell(ctx, object, vocab.Announce, { to: vocab.PUBLIC_COLLECTION }),
  flag: async (ctx, { object, text }) => {
    const author = await authorOf(ctx, await fetched(ctx, object));
    return send(ctx, author, new vocab.Flag({ ...said(ctx), objects: [author.id, new URL(object)], content: text, to: author.id }));
  },
  reply: async (ctx, { object, text }) => {
    const parent = await fetched(ctx, object), author = await authorOf(ctx, parent), id = crypto.randomUUID();
    notes.set(id, new vocab.Note({
      id: ctx.getObjectUri(vocab.Note, { id }),
      attribution: ctx.getActorUri("cleo"),
      replyTarget: parent.id,
      content: text,
      published: Temporal.Now.instant(),
      to: vocab.PUBLIC_COLLECTION,
      ccs: [author.id, ctx.getFollowersUri("cleo")],
      tags: [new vocab.Mention({ href: author.id, name: `@${author.preferredUsername}@${author.id.host}` })],
    }));
    return publish(ctx, author, id, vocab.Create);
  },
  edit: async (ctx, { object, author, text }) => {
    const id = object.split("/").at(-1);
    notes.set(id, notes.get(id).clone({ content: text, updated: Temporal.Now.instant() }));
    return publish(ctx, await fetched(ctx, author), id, vocab.Update);
  },
  delete: async (ctx, { object, author }) => {
    notes.delete(object.split("/").at(-1));
    const gone = new vocab.Tombstone({ id: new URL(object) });
    return send(ctx, await fetched(ctx, author), new vocab.Delete({ ...said(ctx), object: gone, to: vocab.PUBLIC_COLLECTION }));
  },
};
const sent = new Map();
const said = (ctx) => ({ id: new URL(`/activities/${crypto.randomUUID()}`, origin), actor: ctx.getActorUri("cleo") });
const send = async (ctx, recipient, activity) => {
  await deliver(ctx, activity, recipient, ...followers.values());
  return { id: activity.id.href, object: activity.objectId?.href };
};
const publish = (ctx, author, id, Kind) => {
  const note = notes.get(id);
  return send(ctx, author, new Kind({ ...said(ctx), object: note, tos: note.toIds, ccs: note.ccIds }));
};
const tell = async (ctx, url, Kind, more = {}) => {
  const object = await fetched(ctx, url), author = await authorOf(ctx, object);
  const activity = new Kind({ ...said(ctx), object: object.id, cc: author.id, ...more });
  sent.set(`${Kind.name} ${url}`, activity);
  return send(ctx, author, activity);
};
const undo = async (ctx, url, Kind) => {
  const author = await authorOf(ctx, await fetched(ctx, url));
  return send(ctx, author, new vocab.Undo({ ...said(ctx), object: sent.get(`${Kind.name} ${url}`), cc: author.id }));
};

const control = async (request, path) => {
  if (request.method === "GET") return Response.json({ received, refused, followers: [...followers.keys()] });
  try {
    return Response.json(await VERBS[path](federation.createContext(new URL(origin)), await request.json()));
  } catch (problem) {
    return Response.json({ problem: String(problem) }, { status: 502 });
  }
};
createServer(async (incoming, outgoing) => {
  const body = await Array.fromAsync(incoming);
  const request = new Request(new URL(incoming.url, origin), {
    method: incoming.method,
    headers: Object.entries(incoming.headersDistinct).flatMap(([name, values]) => values.map((value) => [name, value])),
    body: body.length ? Buffer.concat(body) : undefined,
  });
  const path = new URL(request.url).pathname;
  const answer = path.startsWith("/control/")
    ? await control(request, path.slice("/control/".length))
    : await federation.fetch(request, { contextData: undefined });
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  outgoing.end(Buffer.from(await answer.arrayBuffer()));
}).listen(Number(port), "127.0.0.1", () => console.log(`ready ${origin}/users/cleo`));
