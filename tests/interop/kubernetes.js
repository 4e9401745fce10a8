// Objects of Kubernetes as others see them: by the schemas of the API server and of cert-manager, which know every field there is.
//   node kubernetes.js validate FILE...     what is wrong, a line each
//   node kubernetes.js differences ONE TWO  what the two files do not both say
'use strict';
const fs = require('fs');
const util = require('util');
const Ajv = require('ajv').default;
const base = require('@kubernetes-models/base');
const validator = require('@kubernetes-models/validate');
const yaml = require('yaml');

// Later than the schemas are: SecurityContext of Kubernetes 1.30.
const later = { appArmorProfile: { type: 'object', properties: { type: { enum: ['Unconfined', 'RuntimeDefault', 'Localhost'] }, localhostProfile: { type: 'string' } }, required: ['type'] } };

const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
const ids = new Map();

// The packages hand their schemas to a validator of their own, which lets unknown fields pass: they are to hand them to this one.
replace('@kubernetes-models/validate', { ...validator, register: (id, schema) => ajv.getSchema(id) ?? ajv.addSchema(strict(structuredClone(schema), id), id) });
replace('@kubernetes-models/base', { ...base, setSchema: (type, id, add) => { ids.set(type.apiVersion + ' ' + type.kind, id); add(); } });

function replace(name, exports) {
  const file = require.resolve(name);
  require.cache[file].exports = exports;
}

function strict(schema, id) {
  if (id?.endsWith('.SecurityContext')) Object.assign(schema.properties, later);
  if (schema.properties && !('additionalProperties' in schema) && !schema['x-kubernetes-preserve-unknown-fields']) schema.additionalProperties = false;
  for (const value of Object.values(schema)) {
    if (value && typeof value === 'object') strict(value);
  }
  return schema;
}

function read(file) {
  return yaml.parseAllDocuments(fs.readFileSync(file, 'utf8')).map(document => {
    if (document.errors.length) throw document.errors[0];
    return document.toJS();
  }).filter(object => object !== null);
}

const nameOf = object => `${object.kind} ${object.metadata?.name}`;

function mistakesIn(object) {
  const type = object.apiVersion + '/' + object.kind;
  require(`${object.apiVersion.startsWith('cert-manager.io/') ? '@kubernetes-models/cert-manager' : 'kubernetes-models'}/${type}`);
  const id = ids.get(object.apiVersion + ' ' + object.kind);
  const validate = ajv.getSchema(id);
  return validate(object) ? [] : validate.errors
    .filter(error => error.keyword !== 'oneOf' && error.params.type !== 'null') // each may be null instead, which explains nothing
    .map(error => `${nameOf(object)}: ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

// What is the same however it is installed: all but labels of objects, which tools put there, and the form of files in ConfigMaps.
function plain(object) {
  const copy = structuredClone(object);
  delete copy.metadata.labels;
  delete copy.metadata.namespace;
  for (const [key, text] of Object.entries(copy.kind === 'ConfigMap' ? copy.data : {})) copy.data[key] = yaml.parse(text);
  return copy;
}

function differences(one, two) {
  const sides = [one, two].map(file => new Map(read(file).filter(object => object.kind !== 'Namespace').map(object => [nameOf(object), plain(object)])));
  return [...new Set(sides.flatMap(side => [...side.keys()]))].sort().flatMap(name => {
    const [left, right] = sides.map(side => side.get(name));
    if (util.isDeepStrictEqual(left, right)) return [];
    return left && right ? leaves(left, right, name) : [`${name}: only in ${left ? one : two}`];
  });
}

function leaves(left, right, place) {
  if (util.isDeepStrictEqual(left, right)) return [];
  if (!left || !right || typeof left !== 'object' || typeof right !== 'object') return [`${place}: ${JSON.stringify(left)} and ${JSON.stringify(right)}`];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap(key => leaves(left[key], right[key], `${place}/${key}`));
}

const [what, ...files] = process.argv.slice(2);
const lines = what === 'validate' ? files.flatMap(file => read(file).flatMap(mistakesIn)) : differences(...files);
for (const line of lines) console.log(line);
process.exitCode = lines.length ? 1 : 0;
